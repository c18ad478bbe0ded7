extension Configuration.Edge {
    /// A backend of the reverse proxy.
    public struct Upstream: Sendable, Hashable {
        public init() {}
    }
}

extension Configuration.Edge.Upstream {
    static var schema: Schema<Self> {
        .mapping { _ in
            Self()
        }
    }
}
