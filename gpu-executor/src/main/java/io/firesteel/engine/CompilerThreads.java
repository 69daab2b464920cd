package io.firesteel.engine;

import java.util.concurrent.ThreadFactory;

/**
 * Threads in which libraries compile kernels. Their stacks are as large as a native thread's: the compilers are written for those, and
 * the virtual machine's are an eighth.
 *
 * @param name what the threads are called
 * @param daemon whether the process may end while they work
 */
record CompilerThreads(String name, boolean daemon) implements ThreadFactory {

    private static final long STACK_BYTES = 8L << 20;

    @Override
    public Thread newThread(Runnable task) {
        Thread thread = new Thread(null, task, name, STACK_BYTES);
        thread.setDaemon(daemon);
        return thread;
    }
}
