/** What Java needs to speak with Scala. */
package io.firesteel.spark.interop;
