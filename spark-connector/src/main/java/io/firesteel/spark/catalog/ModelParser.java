package io.firesteel.spark.catalog;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.TableIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.parser.ParameterContext;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.catalyst.parser.ParserInterface;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.Seq;

/**
 * Spark's parser, and the answers to statements on models that Spark would refuse: see {@link DescribeModels}. Rules come too
 * late for these: hint resolution, the only ones that run before Spark refuses, are left out where Hive support is on, as in
 * {@code spark-sql}.
 */
public final class ModelParser implements ParserInterface {

    private final ParserInterface parser;
    private final DescribeModels describe;

    /**
     * @param session whose catalogs are asked
     * @param parser the session's own
     */
    public ModelParser(SparkSession session, ParserInterface parser) {
        this.parser = parser;
        this.describe = new DescribeModels(session);
    }

    @Override
    public LogicalPlan parsePlan(String sql) throws ParseException {
        return describe.apply(parser.parsePlan(sql));
    }

    @Override
    public LogicalPlan parsePlanWithParameters(String sql, ParameterContext parameters) throws ParseException {
        return describe.apply(parser.parsePlanWithParameters(sql, parameters));
    }

    @Override
    public LogicalPlan parseQuery(String sql) throws ParseException {
        return parser.parseQuery(sql);
    }

    @Override
    public Expression parseExpression(String sql) throws ParseException {
        return parser.parseExpression(sql);
    }

    @Override
    public TableIdentifier parseTableIdentifier(String sql) throws ParseException {
        return parser.parseTableIdentifier(sql);
    }

    @Override
    public FunctionIdentifier parseFunctionIdentifier(String sql) throws ParseException {
        return parser.parseFunctionIdentifier(sql);
    }

    @Override
    public Seq<String> parseMultipartIdentifier(String sql) throws ParseException {
        return parser.parseMultipartIdentifier(sql);
    }

    @Override
    public StructType parseRoutineParam(String sql) throws ParseException {
        return parser.parseRoutineParam(sql);
    }

    @Override
    public StructType parseTableSchema(String sql) throws ParseException {
        return parser.parseTableSchema(sql);
    }

    @Override
    public DataType parseDataType(String sql) throws ParseException {
        return parser.parseDataType(sql);
    }
}
