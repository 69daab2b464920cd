package io.firesteel.tests.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.function.Function;

/** Each class depends on classes of its own module and of those to its left only. */
final class ModuleLineCondition extends ArchCondition<JavaClass> {

    private final Function<JavaClass, String> module;

    ModuleLineCondition(Function<JavaClass, String> module) {
        super("import only from modules to the left: " + String.join(" <- ", SourceTree.MODULES));
        this.module = module;
    }

    @Override
    public void check(JavaClass type, ConditionEvents events) {
        int own = SourceTree.MODULES.indexOf(module.apply(type));
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
            int other = SourceTree.MODULES.indexOf(module.apply(dependency.getTargetClass().getBaseComponentType()));
            if (other > own) {
                events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
            }
        }
    }
}
