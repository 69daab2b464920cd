/** What a plan looks like to Spark: the signature as Spark types and the binding of SQL arguments to inputs. */
package io.firesteel.spark.model;
