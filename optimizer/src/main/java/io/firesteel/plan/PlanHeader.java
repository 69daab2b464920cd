package io.firesteel.plan;

import java.util.List;
import java.util.Map;

/**
 * What a plan file says of itself, read without its weights.
 *
 * @param name the model's name
 * @param hash SHA-256 of the header in lower-case hexadecimal: the plan's identity
 * @param signature what it takes and gives
 * @param precision the lowest precision permitted
 * @param provenance model hash, options, versions
 * @param labels names of the classes an index output stands for, or empty
 * @param fileBytes the file's length
 */
public record PlanHeader(String name, String hash, Signature signature, Precision precision, Map<String, String> provenance,
        List<String> labels, long fileBytes) { }
