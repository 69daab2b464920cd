/** The configuration keys, each with its type, default and description. */
package io.firesteel.spark.conf;
