/** The entry points Spark loads by name: the catalog and the session extension. */
package io.firesteel.spark;
