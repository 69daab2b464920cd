/** Model calls in query plans: from SQL function to expression, to logical operator, to physical operator. */
package io.firesteel.spark.catalyst;
