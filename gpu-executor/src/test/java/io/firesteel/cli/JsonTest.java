package io.firesteel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.firesteel.FiresteelException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {

    @Test
    void whatIsWrittenIsReadBack() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("text", "a \"quoted\" line\nand \\ more \u0001");
        value.put("numbers", List.of(new BigDecimal("1"), new BigDecimal("-2.5E-3")));
        value.put("nothing", Arrays.asList((Object) null));
        value.put("flags", List.of(true, false));
        value.put("empty", List.of(Map.of(), List.of()));
        assertThat(Json.read(Json.write(value))).isEqualTo(value);
    }

    @Test
    void numbersWithoutAJsonFormBecomeNull() {
        assertThat(Json.write(List.of(Double.NaN, Double.POSITIVE_INFINITY, 0.5))).isEqualTo("[null, null, 0.5]");
    }

    @Test
    void damagedTextIsAnErrorThatSaysWhere() {
        for (String text : List.of("", "{", "[1,", "{\"a\" 1}", "[1 2]", "nul", "\"abc", "\"\\u12\"", "1 2", "[".repeat(1000))) {
            assertThatThrownBy(() -> Json.read(text)).as(text).isInstanceOf(FiresteelException.class).hasMessageContaining("character");
        }
    }
}
