package io.firesteel.spark.catalog;

import io.firesteel.spark.interop.Scala;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.UnresolvedFunctionName;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.NamedExpression$;
import org.apache.spark.sql.catalyst.plans.logical.DescribeFunction;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation$;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.connector.catalog.CatalogManager;
import org.apache.spark.sql.connector.catalog.CatalogPlugin;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Answers {@code DESCRIBE FUNCTION [EXTENDED] models.NAME}, which Spark refuses for functions of catalogs. */
final class DescribeModels {

    private static final StructType SCHEMA = StructType.fromDDL("function_desc STRING NOT NULL");

    private final SparkSession session;

    /** @param session whose catalogs are asked */
    DescribeModels(SparkSession session) {
        this.session = session;
    }

    /** The answer to a parsed statement that asks for a model, or the statement itself. */
    LogicalPlan apply(LogicalPlan plan) {
        if (!(plan instanceof DescribeFunction describe) || !(describe.child() instanceof UnresolvedFunctionName name)) {
            return plan;
        }
        return find(Scala.list(name.multipartIdentifier())).<LogicalPlan>map(found -> relation(found, describe.isExtended()))
                .orElse(plan);
    }

    private record Found(String catalog, StoredModel model) { }

    private Optional<Found> find(List<String> name) {
        CatalogManager catalogs = ((org.apache.spark.sql.classic.SparkSession) session).sessionState().catalogManager();
        if (name.size() == 2 && !catalogs.isCatalogRegistered(name.get(0))) {
            return Optional.empty();
        }
        CatalogPlugin catalog = name.size() == 2 ? catalogs.catalog(name.get(0)) : catalogs.currentCatalog();
        boolean ours = catalog instanceof StoredModels && (name.size() == 2 || name.size() == 1);
        return ours ? ((StoredModels) catalog).store().find(name.get(name.size() - 1))
                .map(model -> new Found(catalog.name(), model)) : Optional.empty();
    }

    private static LocalRelation relation(Found found, boolean extended) {
        List<String> lines = new ArrayList<>();
        lines.add("Function: " + found.catalog() + "." + found.model().name());
        lines.add("Usage: " + found.model().name() + found.model().spec().signature());
        lines.add("Returns: " + found.model().spec().resultType().catalogString());
        if (extended) {
            lines.add("Precision: " + found.model().header().precision().label());
            lines.add("Plan: " + found.model().uri());
            lines.add("Hash: " + found.model().hash());
            lines.add("Bytes: " + found.model().header().fileBytes());
            found.model().header().provenance().forEach((key, value) -> lines.add(key + ": " + value));
        }
        List<InternalRow> rows = lines.stream().map(Catalyst::row).toList();
        List<Attribute> output = new ArrayList<>();
        for (StructField field : SCHEMA.fields()) {
            output.add(new AttributeReference(field.name(), field.dataType(), field.nullable(), field.metadata(),
                    NamedExpression$.MODULE$.newExprId(), Scala.seq(List.of())));
        }
        return new LocalRelation(Scala.seq(output), Scala.seq(rows), false, LocalRelation$.MODULE$.apply$default$4());
    }
}
