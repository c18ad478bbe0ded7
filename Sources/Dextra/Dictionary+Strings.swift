import Bytes

extension Dictionary where Key == ExactText, Value == String {
    /// For modules that ask for strings as keys.
    // characters: keys are canonically distinct wherever they matter, or the first one counts
    var byStrings: [String: String] { [String: String](map { ($0.key.text, $0.value) }) { first, _ in first } }
}
