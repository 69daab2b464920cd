package io.firesteel.onnx;

import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.Comparisons;
import io.firesteel.op.Logic;
import io.firesteel.op.Mathematics;
import io.firesteel.op.Operator;
import io.firesteel.op.Trigonometry;
import io.firesteel.tensor.Tensor;

/** Importers of arithmetic, comparisons, logic and mathematical functions. */
public final class ArithmeticImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        binary(registry);
        unary(registry);
        registry.add("Sum", n -> chain(n, new Arithmetic.Add()));
        registry.add("Min", n -> chain(n, new Arithmetic.Min()));
        registry.add("Max", n -> chain(n, new Arithmetic.Max()));
        registry.add("Mean", ArithmeticImporters::mean);
        registry.add("IsInf", n -> n.emit(new Mathematics.IsInf(n.flag("detect_negative", true), n.flag("detect_positive", true)),
                n.input(0)));
        registry.add("Mod", n -> n.emit(new Arithmetic.Mod(n.flag("fmod", false)), n.input(0), n.input(1)));
        registry.add("BitShift", ArithmeticImporters::bitShift);
    }

    private static void binary(Registry registry) {
        binary(registry, "Add", new Arithmetic.Add());
        binary(registry, "Sub", new Arithmetic.Sub());
        binary(registry, "Mul", new Arithmetic.Mul());
        binary(registry, "Div", new Arithmetic.Div());
        binary(registry, "Pow", new Arithmetic.Pow());
        binary(registry, "Equal", new Comparisons.Equal());
        binary(registry, "Less", new Comparisons.Less());
        binary(registry, "LessOrEqual", new Comparisons.LessOrEqual());
        binary(registry, "Greater", new Comparisons.Greater());
        binary(registry, "GreaterOrEqual", new Comparisons.GreaterOrEqual());
        binary(registry, "And", new Logic.And());
        binary(registry, "Or", new Logic.Or());
        binary(registry, "Xor", new Logic.Xor());
        binary(registry, "BitwiseAnd", new Logic.BitwiseAnd());
        binary(registry, "BitwiseOr", new Logic.BitwiseOr());
        binary(registry, "BitwiseXor", new Logic.BitwiseXor());
    }

    private static void unary(Registry registry) {
        unary(registry, "Neg", new Mathematics.Neg());
        unary(registry, "Abs", new Mathematics.Abs());
        unary(registry, "Sign", new Mathematics.Sign());
        unary(registry, "Floor", new Mathematics.Floor());
        unary(registry, "Ceil", new Mathematics.Ceil());
        unary(registry, "Round", new Mathematics.Round());
        unary(registry, "Exp", new Mathematics.Exp());
        unary(registry, "Log", new Mathematics.Log());
        unary(registry, "Sqrt", new Mathematics.Sqrt());
        unary(registry, "Reciprocal", new Mathematics.Reciprocal());
        unary(registry, "Erf", new Mathematics.Erf());
        unary(registry, "IsNaN", new Mathematics.IsNaN());
        unary(registry, "Not", new Logic.Not());
        unary(registry, "BitwiseNot", new Logic.BitwiseNot());
        unary(registry, "Sin", new Trigonometry.Sin());
        unary(registry, "Cos", new Trigonometry.Cos());
        unary(registry, "Tan", new Trigonometry.Tan());
        unary(registry, "Asin", new Trigonometry.Asin());
        unary(registry, "Acos", new Trigonometry.Acos());
        unary(registry, "Atan", new Trigonometry.Atan());
        unary(registry, "Sinh", new Trigonometry.Sinh());
        unary(registry, "Cosh", new Trigonometry.Cosh());
        unary(registry, "Tanh", new Activations.Tanh());
        unary(registry, "Asinh", new Trigonometry.Asinh());
        unary(registry, "Acosh", new Trigonometry.Acosh());
        unary(registry, "Atanh", new Trigonometry.Atanh());
    }

    private static void unary(Registry registry, String name, Operator operator) {
        registry.add(name, n -> n.emit(operator, n.input(0)));
    }

    private static void binary(Registry registry, String name, Operator operator) {
        registry.add(name, n -> n.emit(operator, n.input(0), LegacyBroadcast.operand(n, 1)));
    }

    private static void chain(OnnxNode node, Operator operator) {
        if (node.inputCount() == 0) {
            throw node.invalid("needs at least one input");
        }
        if (node.inputCount() == 1) {
            node.define(0, node.input(0));
            return;
        }
        String result = node.input(0);
        for (int i = 1; i < node.inputCount() - 1; i++) {
            result = node.add(operator, result, node.input(i));
        }
        node.emit(operator, result, node.input(node.inputCount() - 1));
    }

    private static void mean(OnnxNode node) {
        if (node.inputCount() == 0) {
            throw node.invalid("needs at least one input");
        }
        String sum = node.input(0);
        for (int i = 1; i < node.inputCount(); i++) {
            sum = node.add(new Arithmetic.Add(), sum, node.input(i));
        }
        node.emit(new Arithmetic.Div(), sum, node.constant(Tensor.scalar(node.tensor(0).dataType(), node.inputCount())));
    }

    private static void bitShift(OnnxNode node) {
        String direction = node.string("direction", "");
        if (!direction.equals("LEFT") && !direction.equals("RIGHT")) {
            throw node.invalid("attribute 'direction' must be LEFT or RIGHT, is '" + direction + "'");
        }
        node.emit(new Logic.BitShift(direction.equals("LEFT")), node.input(0), node.input(1));
    }
}
