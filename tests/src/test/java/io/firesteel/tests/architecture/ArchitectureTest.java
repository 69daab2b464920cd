package io.firesteel.tests.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.firesteel.pass.Pipelines;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The line of modules and the rooms inside them. */
class ArchitectureTest {

    private static final Map<String, String> MODULE_OF = SourceTree.modulesByPackage();
    private static final String ROOT = "io.firesteel";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("io.firesteel");

    @Test
    void modulesImportOnlyFromTheirLeft() {
        check(classes().that(isOurs())
                .should(new ModuleLineCondition(ArchitectureTest::module)));
    }

    @Test
    void optimizerIsPureJavaAndProtobuf() {
        check(classes().that(isIn("optimizer"))
                .should().onlyDependOnClassesThat(resideInAnyPackage("java..", "com.google.protobuf..", "io.firesteel..")));
    }

    @Test
    void onnxAndReferenceAreForCliAndOneBackend() {
        check(noClasses()
                .that(isIn("gpu-executor").and(DescribedPredicate.not(
                        resideInAnyPackage("io.firesteel.cli..", "io.firesteel.backend.reference.."))))
                .should().dependOnClassesThat().resideInAnyPackage("io.firesteel.onnx..", "io.firesteel.reference.."));
    }

    @Test
    void oneDnnStaysInTheCpuBackend() {
        check(noClasses()
                .that().resideOutsideOfPackage("io.firesteel.backend.cpu..")
                .should().dependOnClassesThat().resideInAnyPackage("org.bytedeco.dnnl..", "jdk.incubator.vector.."));
    }

    @Test
    void backendsDoNotKnowEachOther() {
        check(slices().matching("io.firesteel.backend.(*)..")
                .should().notDependOnEachOther());
    }

    @Test
    void packagesHaveNoCycles() {
        check(slices().assignedFrom(new Rooms()).should().beFreeOfCycles());
    }

    @Test
    void plansUseNoJavaSerialization() {
        check(noClasses().that().resideInAPackage("io.firesteel.plan..")
                .should().dependOnClassesThat().haveNameMatching("java\\.io\\.Object(In|Out)putStream"));
    }

    @Test
    void namesSayWhatAClassIs() {
        check(noClasses().that(isOurs())
                .should().haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager)"));
    }

    @Test
    void filesStayWithinOneRoom() {
        assertThat(SourceTree.sources()).isNotEmpty().allSatisfy(
                file -> assertThat(SourceTree.lines(file)).as(file.toString()).hasSizeLessThan(450));
    }

    @Test
    void modulesAreKnownByPackage() {
        assertThat(MODULE_OF).containsEntry("io.firesteel.graph", "optimizer")
                .containsEntry("io.firesteel.backend", "gpu-executor");
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(false).check(CLASSES);
    }

    private static DescribedPredicate<JavaClass> isOurs() {
        return describe("belong to a module", c -> !module(c).isEmpty());
    }

    private static DescribedPredicate<JavaClass> isIn(String module) {
        return describe("belong to " + module, c -> module(c).equals(module));
    }

    /** The module of a class; empty for classes that are not ours. Generated packages belong with the package around them. */
    private static String module(JavaClass type) {
        return MODULE_OF.getOrDefault(type.getPackageName().replaceFirst("\\.proto$", ""), "");
    }

    /**
     * Every package is a room; graphs and operators share one, because an operator can have a graph as its body. Left out are
     * the root package, which holds what all use (the exception) beside what uses all (the compiler), and the list of pipelines,
     * which stands beside what its passes are made of.
     */
    private static final class Rooms implements SliceAssignment {

        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            boolean ignored = type.getPackageName().equals(ROOT) || type.isEquivalentTo(Pipelines.class);
            String room = type.getPackageName().equals("io.firesteel.op") ? "io.firesteel.graph" : type.getPackageName();
            return ignored || module(type).isEmpty() ? SliceIdentifier.ignore() : SliceIdentifier.of(List.of(room));
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    }
}
