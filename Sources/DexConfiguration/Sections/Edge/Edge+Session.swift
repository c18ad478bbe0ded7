extension Configuration.Edge {
    /// The session cookie of the edge.
    public struct Session: Sendable, Hashable {
        public init() {}
    }
}

extension Configuration.Edge.Session {
    static var schema: Schema<Self> {
        .mapping { _ in
            Self()
        }
    }
}
