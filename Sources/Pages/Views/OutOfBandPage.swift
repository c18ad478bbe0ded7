/// A code to copy, for applications without an address (`urn:ietf:wg:oauth:2.0:oob`).
public struct OutOfBandPage: Sendable, Hashable {
    /// The value of the page's one input.
    public var code: String

    public init(code: String) { self.code = code }

    func fill(_ values: inout TemplateValues, _ words: Words) { values.set("code", code) }
}
