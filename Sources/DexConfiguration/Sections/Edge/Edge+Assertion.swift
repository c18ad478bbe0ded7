extension Configuration.Edge {
    /// The signed statement for backends that a request came through the edge, in the manner of Google's IAP.
    public struct Assertion: Sendable, Hashable {
        public init() {}
    }
}

extension Configuration.Edge.Assertion {
    static var schema: Schema<Self> {
        .mapping { _ in
            Self()
        }
    }
}
