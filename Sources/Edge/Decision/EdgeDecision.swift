/// What is to become of a request, before any proxy's dialect.
public enum EdgeDecision: Sendable {
    /// It goes on. `identity` is nil on paths open to all.
    case allow(EdgeIdentity?, PolicyDecision, setCookies: [String])
    /// Who asks must be known first. `reason` tells what was wrong with what came along; nil: nothing came.
    case authenticate(reason: String?)
    /// Somebody known who may not.
    case forbid(EdgeIdentity?, PolicyDecision)
    /// It cannot be decided now; the reason is for operators. Never a yes.
    case unavailable(reason: String)
}
