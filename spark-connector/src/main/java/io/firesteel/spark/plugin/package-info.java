/** The life of models on an executor: plans fetched once, engines built once, shared by the JVM's tasks. */
package io.firesteel.spark.plugin;
