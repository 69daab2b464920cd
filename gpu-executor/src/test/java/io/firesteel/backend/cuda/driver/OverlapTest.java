package io.firesteel.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OverlapTest {

    @Test
    void everyKernelBeginsByWaiting() {
        String added = Overlap.added("""
                struct axes { int count; };
                extern "C" __global__ void __launch_bounds__(256) copy(const float* from, float* to,
                        const axes a) { to[0] = from[0]; }
                template <typename T> struct four { T v[4]; };
                extern "C" __global__ void other(float* to) {
                    to[0] = 1;
                }
                """);
        assertThat(added.split("griddepcontrol.wait", -1)).hasSize(3);
        assertThat(added).contains("const axes a) { asm volatile(\"griddepcontrol.launch_dependents;\\ngriddepcontrol.wait;\" ::: \"memory\"); to[0]")
                .contains("struct axes { int count; };").contains("other(float* to) { asm");
        assertThat(Overlap.isIn(added)).isTrue();
    }

    @Test
    void sourcesWhoseLoadsMayComeFirstStayAsTheyAre() {
        String promising = "extern \"C\" __global__ void f(const float* __restrict__ from) { }";
        assertThat(Overlap.added(promising)).isEqualTo(promising);
        String waiting = "extern \"C\" __global__ void f() { asm volatile(\"griddepcontrol.wait;\"); }";
        assertThat(Overlap.added(waiting)).isEqualTo(waiting);
    }
}
