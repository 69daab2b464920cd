/** Models on a Hadoop file system as SQL functions, tables and procedures. */
package io.firesteel.spark.catalog;
