import Bytes

/// Reads the keys of one mapping.
///
/// A section asks for each key that it knows, once and unconditionally; what is left over is unknown. So the list of
/// known keys is the code that reads them, and cannot be forgotten.
final class Keys {
    let mapping: Located
    let loading: Loading
    private let isStrict: Bool
    private var known: [String] = []

    /// - Parameter isStrict: whether unknown keys are problems even where they are to be ignored.
    init(of mapping: Located, loading: Loading, isStrict: Bool = false) {
        self.mapping = mapping
        self.loading = loading
        self.isStrict = isStrict
    }

    /// The value of an optional key; nil if it is absent or wrong.
    func callAsFunction<Value>(_ name: String, _ schema: Schema<Value>) -> Value? {
        known.append(name)
        guard let value = mapping[name] else { return nil }
        return schema.read(value, loading)
    }

    func callAsFunction<Value>(_ name: String, _ schema: Schema<Value>, default fallback: Value) -> Value {
        self(name, schema) ?? fallback
    }

    /// The value of a key that must be there; nil if it is not, or wrong, which is then a problem.
    func required<Value>(_ name: String, _ schema: Schema<Value>, hint: String? = nil) -> Value? {
        if mapping[name] == nil {
            loading.problem("missing", hint: hint, at: mapping.position, path: mapping.path.key(name))
        }
        return self(name, schema)
    }

    /// Where a key's value is written, for checks that involve several keys.
    subscript(name: String) -> Located? { mapping[name] }

    func problem(_ message: String, hint: String? = nil) {
        loading.problem(message, hint: hint, at: mapping)
    }

    /// Reports the keys that nobody asked for.
    func finish() {
        guard case .mapping(let entries) = mapping.value.content else { return }
        let known = Set(known.map(\.asciiLowercased.exact))
        for entry in entries where !known.contains(entry.key.asciiLowercased.exact) {
            if let missing = Capability.missing(at: mapping.path.key(entry.key)) {
                if entry.value.content != .null {
                    loading.problem(missing.message, at: entry.position, path: mapping.path.key(missing.name))
                }
                continue
            }
            let suggestion = Suggestion.closest(to: entry.key, among: self.known + Capability.keys(in: mapping.path))
            let hint = suggestion.map { "did you mean \($0)?" }
            if loading.options.lenient, !isStrict {
                loading.warning("unknown key, ignored", hint: hint, at: entry.position, path: mapping.path.key(entry.key))
            } else {
                loading.problem("unknown key", hint: hint, at: entry.position, path: mapping.path.key(entry.key))
            }
        }
    }
}
