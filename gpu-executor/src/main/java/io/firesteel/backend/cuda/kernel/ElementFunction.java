package io.firesteel.backend.cuda.kernel;

import io.firesteel.tensor.DataType;
import java.util.List;

/** A function of one element of each of several operands, as device code. */
interface ElementFunction {

    /** Element types of the operands, as the model has them. */
    List<DataType> inputs();

    /**
     * Declares the function's values one after the other.
     *
     * @param operands variables that hold the operands, in the types they are computed with
     * @param prefix of the variables declared
     * @return the variable that holds the result
     */
    String emit(SourceText text, List<String> operands, String prefix);
}
