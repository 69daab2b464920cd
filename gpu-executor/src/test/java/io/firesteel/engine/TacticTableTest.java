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
        TacticTable table = TacticTable.open(TacticStore.folder(folder), "abc", "device 1");
        table.put("k1", 1234.4, "cudnn 1");
        table.put("k2", 5, "b");
        table.settle("convolution", "e4 k24=1");
        table.settle("convolution", "e4 k24=40 k2=1");
        table.save();

        TacticTable again = TacticTable.open(TacticStore.folder(folder), "abc", "device 1");
        assertThat(again.size()).isEqualTo(2);
        assertThat(again.nanos("k1")).hasValue(1234);
        assertThat(again.nanos("k3")).isEmpty();
        assertThat(again.of("convolution")).contains("e4 k24=40 k2=1");
        assertThat(again.of("product")).isEmpty();
        assertThat(TacticTable.open(TacticStore.folder(folder), "abc", "device 2").size()).isZero();
        assertThat(TacticTable.open(TacticStore.folder(folder), "abd", "device 1").size()).isZero();
    }

    @Test
    void damagedTablesCountAsNone() throws IOException {
        TacticTable table = TacticTable.open(TacticStore.folder(folder), "abc", "device");
        table.put("k1", 10, "a");
        table.save();
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.findFirst().orElseThrow();
        }
        String whole = Files.readString(file);

        for (String damaged : new String[] {whole + "k2 x y\n", whole + "k2\n", whole + "configuration\n", "nonsense", ""}) {
            Files.writeString(file, damaged);
            assertThat(TacticTable.open(TacticStore.folder(folder), "abc", "device").size()).isZero();
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoError() throws IOException {
        Path blocked = Files.createFile(folder.resolve("file")).resolve("tables");
        TacticTable table = TacticTable.open(TacticStore.folder(blocked), "abc", "device");
        table.put("k", 1, "a");
        table.save();

        assertThat(Files.exists(blocked)).isFalse();
    }

    @Test
    void whatAnotherProcessSavedMeanwhileStays() {
        TacticStore store = TacticStore.folder(folder);
        TacticTable one = TacticTable.open(store, "abc", "device");
        TacticTable other = TacticTable.open(store, "abc", "device");
        one.put("k1", 10, "a:conv");
        one.put("both", 11, "a:conv");
        one.save();
        other.put("k2", 20, "b:/fc:0");
        other.put("both", 21, "a:conv");
        other.settle("convolution", "e4");
        other.save();

        TacticTable again = TacticTable.open(store, "abc", "device");
        assertThat(again.nanos("k1")).hasValue(10);
        assertThat(again.nanos("k2")).hasValue(20);
        assertThat(again.nanos("both")).hasValue(21);
        assertThat(again.of("convolution")).contains("e4");
    }

    @Test
    void aPlanFolderThatCannotBeWrittenLeavesTheUsersFolder() throws IOException {
        TacticStore blocked = TacticStore.folder(Files.createFile(folder.resolve("file")).resolve("tables"));
        TacticStore user = TacticStore.folder(folder.resolve("user"));
        TacticTable table = TacticTable.open(new TacticStore.Both(blocked, user), "abc", "device");
        table.put("k", 7, "a");
        table.save();
        assertThat(TacticTable.open(user, "abc", "device").nanos("k")).hasValue(7);
        assertThat(TacticTable.open(new TacticStore.Both(blocked, user), "abc", "device").nanos("k")).hasValue(7);

        TacticStore beside = TacticStore.folder(folder.resolve("beside"));
        table = TacticTable.open(new TacticStore.Both(beside, user), "abd", "device");
        table.put("k", 8, "a");
        table.save();
        assertThat(TacticTable.open(beside, "abd", "device").nanos("k")).hasValue(8);
        assertThat(TacticTable.open(user, "abd", "device").size()).isZero();
    }

    @Test
    void linesAreReadWithTheirLayers() throws IOException {
        TacticTable table = TacticTable.open(TacticStore.folder(folder), "abc", "cuda/H 200");
        table.put("k2", 20, "cudnn:nhwc:fp 16>nhwc:/fc");
        table.settle("convolution", "e4");
        table.save();
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.findFirst().orElseThrow();
        }
        assertThat(file.getFileName().toString()).startsWith(TacticTiming.prefix("abc")).endsWith(TacticTiming.SUFFIX);
        assertThat(TacticTiming.read(Files.readString(file), "abc"))
                .containsExactly(new TacticTiming("cuda/H_200", "/fc", "cudnn:nhwc:fp_16>nhwc", 20));
        assertThat(TacticTiming.read(Files.readString(file), "abd")).isEmpty();
    }
}
