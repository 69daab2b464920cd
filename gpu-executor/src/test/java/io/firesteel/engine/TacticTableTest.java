package io.firesteel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TacticTableTest {

    @TempDir
    private Path folder;

    @Test
    void whatWasSavedIsFoundAgain() {
        TacticTable table = TacticTable.open(folder, "abc", "device 1");
        table.put("k1", 1234.4, "cudnn 1");
        table.put("k2", 5, "b");
        table.save();

        TacticTable again = TacticTable.open(folder, "abc", "device 1");
        assertThat(again.size()).isEqualTo(2);
        assertThat(again.nanos("k1")).hasValue(1234);
        assertThat(again.nanos("k3")).isEmpty();
        assertThat(TacticTable.open(folder, "abc", "device 2").size()).isZero();
        assertThat(TacticTable.open(folder, "abd", "device 1").size()).isZero();
    }

    @Test
    void damagedTablesCountAsNone() throws IOException {
        TacticTable table = TacticTable.open(folder, "abc", "device");
        table.put("k1", 10, "a");
        table.save();
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.findFirst().orElseThrow();
        }
        String whole = Files.readString(file);

        for (String damaged : new String[] {whole + "k2 x y\n", whole + "k2\n", "nonsense", ""}) {
            Files.writeString(file, damaged);
            assertThat(TacticTable.open(folder, "abc", "device").size()).isZero();
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoError() throws IOException {
        Path blocked = Files.createFile(folder.resolve("file")).resolve("tables");
        TacticTable table = TacticTable.open(blocked, "abc", "device");
        table.put("k", 1, "a");
        table.save();

        assertThat(Files.exists(blocked)).isFalse();
    }
}
