public import DexConfiguration
import Edge

extension Configuration.Edge {
    /// Names, in lower case, of headers that the edge writes into requests for backends or takes out of them.
    ///
    /// A proxy that hands on only what it is told to, such as Envoy asking by HTTP, needs all of them in its list: under a name that is
    /// missing there, what the client sent reaches the backend.
    public var headerNames: [String] {
        (headers.authorization == .keep ? [] : ["authorization"])
            + IdentityHeaders(self, observer: SilentObserver()).managedNames
    }
}
