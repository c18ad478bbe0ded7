extension Configuration.Edge {
    /// An issuer whose tokens are believed.
    public struct Issuer: Sendable, Hashable {
        public init() {}
    }
}

extension Configuration.Edge.Issuer {
    static var schema: Schema<Self> {
        .mapping { _ in
            Self()
        }
    }
}
