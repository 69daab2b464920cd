/**
 * cuDNN 9 through its graph API: a graph of operations is described as data, cuDNN's heuristics name the engine configurations that
 * compute it, the fastest one becomes an execution plan, and a plan bound to addresses is a launch. Beside it stands a generated
 * tensor-core product for 1x1 convolutions whose time is memory traffic.
 */
package io.firesteel.backend.cuda.dnn;
