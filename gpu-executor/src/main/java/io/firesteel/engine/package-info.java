/** Running plans: an engine for each plan and device, sessions borrowed from its pool, and the cache of engines. */
package io.firesteel.engine;
