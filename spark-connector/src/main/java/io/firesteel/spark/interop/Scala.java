package io.firesteel.spark.interop;

import java.util.List;
import java.util.Map;
import scala.collection.immutable.Map$;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Collections to and from Scala's. */
public final class Scala {

    private Scala() { }

    /** An immutable Scala sequence of the same elements. */
    public static <T> Seq<T> seq(List<? extends T> list) {
        return CollectionConverters.<T>asScala(List.<T>copyOf(list)).toList();
    }

    /** A Java view of a Scala sequence. */
    public static <T> List<T> list(scala.collection.Seq<T> seq) {
        return CollectionConverters.asJava(seq);
    }

    /** An immutable Scala map of the same entries. */
    public static <K, V> scala.collection.immutable.Map<K, V> map(Map<K, V> map) {
        return Map$.MODULE$.from(CollectionConverters.asScala(map));
    }
}
