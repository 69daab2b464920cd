/** {@code firesteel demo}: the main job from end to end, on committed data. */
package io.firesteel.examples.demo;
