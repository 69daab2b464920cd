/** Memory: native blocks, the scopes that own them, and the planner that places tensors in an arena. */
package io.firesteel.memory;
