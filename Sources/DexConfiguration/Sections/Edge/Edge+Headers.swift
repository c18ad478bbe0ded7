extension Configuration.Edge {
    /// What a backend is told about who asks.
    public struct Headers: Sendable, Hashable {
        public init() {}
    }
}

extension Configuration.Edge.Headers {
    static var schema: Schema<Self> {
        .mapping { _ in
            Self()
        }
    }
}
