/** The optimizer's evaluator as a backend: every operator, on any machine, slowly. */
package io.firesteel.backend.reference;
