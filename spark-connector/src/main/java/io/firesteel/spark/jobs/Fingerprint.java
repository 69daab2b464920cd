package io.firesteel.spark.jobs;

import io.firesteel.spark.catalyst.ModelCall;
import io.firesteel.spark.interop.Scala;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/** Tells whether an output was made by the same query with the same versions of its models. */
final class Fingerprint {

    private Fingerprint() { }

    static String of(String query, Dataset<Row> frame) {
        Set<String> plans = new TreeSet<>();
        LogicalPlan analyzed = ((org.apache.spark.sql.classic.Dataset<Row>) frame).queryExecution().analyzed();
        analyzed.foreach(node -> {
            Scala.list(node.expressions()).forEach(expression -> expression.foreach(e -> {
                if (e instanceof ModelCall call) {
                    plans.add(call.model().hash());
                }
                return null;
            }));
            return null;
        });
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(query.getBytes(StandardCharsets.UTF_8));
            plans.forEach(plan -> digest.update(plan.getBytes(StandardCharsets.US_ASCII)));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
