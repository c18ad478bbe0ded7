/// Why nothing is known of a provider. Texts are for operators and hold no secret.
public enum RelyingPartyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It cannot be asked.
    case exchange(UpstreamError)
    /// What it says of itself cannot be used.
    case invalid(String)

    public var description: String {
        switch self {
        case .exchange(let error): error.description
        case .invalid(let text): text
        }
    }
}
