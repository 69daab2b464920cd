package io.firesteel.backend.cuda.driver;

import io.firesteel.FiresteelException;
import io.firesteel.backend.cuda.linkage.CudaLibraries;
import io.firesteel.backend.cuda.linkage.PrivateCache;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;

/** CUDA's run-time compiler with a cache on disk. Compiled code depends on no header file and no toolkit. */
final class KernelCompiler {

    private final CudaDevice device;
    private String version;

    KernelCompiler(CudaDevice device) {
        this.device = device;
    }

    CudaModule compile(String name, String written, List<String> options) {
        boolean available = device.major() >= Overlap.ARCHITECTURE && Overlap.isAvailable();
        String source = available ? Overlap.added(written) : written;
        boolean overlaps = available && Overlap.isIn(source);
        List<String> all = new ArrayList<>(List.of("--gpu-architecture=" + device.architecture(), "--std=c++17"));
        all.addAll(options);
        PrivateCache cache = PrivateCache.ofUser();
        String file = "kernel/" + device.architecture() + "/" + key(source, all) + ".cubin";
        Optional<byte[]> known = cache.read(file);
        if (known.isPresent()) {
            try {
                return new CudaModule(known.get(), overlaps);
            } catch (FiresteelException e) {
                if (!e.code().equals("CUDA_ERROR")) {
                    throw e;
                }
            }
        }
        byte[] image = build(name, source, all);
        cache.write(file, image);
        return new CudaModule(image, overlaps);
    }

    synchronized String version() {
        if (version == null) {
            CudaLibraries.require(CudaLibraries.Library.NVRTC);
            int[] major = new int[1];
            int[] minor = new int[1];
            check(JNvrtc.nvrtcVersion(major, minor), "nvrtcVersion");
            version = major[0] + "." + minor[0];
        }
        return version;
    }

    private String key(String source, List<String> options) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((version() + "\0" + String.join("\0", options) + "\0").getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(source.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw FiresteelException.internal("no SHA-256", e);
        }
    }

    private static byte[] build(String name, String source, List<String> options) {
        nvrtcProgram program = new nvrtcProgram();
        check(JNvrtc.nvrtcCreateProgram(program, source, name + ".cu", 0, null, null), "nvrtcCreateProgram");
        try {
            int status = JNvrtc.nvrtcCompileProgram(program, options.size(), options.toArray(String[]::new));
            if (status != nvrtcResult.NVRTC_SUCCESS) {
                String[] log = new String[1];
                JNvrtc.nvrtcGetProgramLog(program, log);
                throw FiresteelException.device("CUDA_COMPILE_FAILED", "kernel '" + name + "' does not compile ("
                        + JNvrtc.nvrtcGetErrorString(status) + "): " + log[0], null);
            }
            long[] size = new long[1];
            check(JNvrtc.nvrtcGetCUBINSize(program, size), "nvrtcGetCUBINSize");
            byte[] image = new byte[Math.toIntExact(size[0])];
            check(JNvrtc.nvrtcGetCUBIN(program, image), "nvrtcGetCUBIN");
            return image;
        } finally {
            JNvrtc.nvrtcDestroyProgram(program);
        }
    }

    private static void check(int status, String call) {
        if (status != nvrtcResult.NVRTC_SUCCESS) {
            throw FiresteelException.device("CUDA_COMPILE_FAILED", "a call of CUDA's run-time compiler failed: "
                    + nvrtcResult.stringFor(status) + " from " + call, null);
        }
    }
}
