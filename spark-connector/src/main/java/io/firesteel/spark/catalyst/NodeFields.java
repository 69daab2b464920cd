package io.firesteel.spark.catalyst;

import java.util.List;
import scala.Product;

/**
 * What a case class has in Scala: a tree node's fields as a product, and equality by them. Spark copies nodes by calling
 * their one constructor with the fields, in order.
 */
interface NodeFields extends Product {

    /** The parameters of the node's constructor, in order. */
    List<Object> fields();

    /** Whether another node is of the same class and has equal fields; a node's {@code equals} asks this. */
    default boolean hasFieldsOf(Object other) {
        return this == other || other instanceof NodeFields node && node.getClass() == getClass() && fields().equals(node.fields());
    }

    @Override
    default int productArity() {
        return fields().size();
    }

    @Override
    default Object productElement(int index) {
        return fields().get(index);
    }

    @Override
    default boolean canEqual(Object other) {
        return other != null && other.getClass() == getClass();
    }
}
