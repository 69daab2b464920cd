package io.firesteel.backend.cpu.onednn;

import org.bytedeco.javacpp.Pointer;

/** A raw native address as JavaCPP wants to see it; owns nothing. */
final class Address extends Pointer {

    Address(long address) {
        super((Pointer) null);
        this.address = address;
    }
}
