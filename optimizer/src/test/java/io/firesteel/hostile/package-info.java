/** Damaged and hostile plans and models: each must give a clear error or load. */
package io.firesteel.hostile;
