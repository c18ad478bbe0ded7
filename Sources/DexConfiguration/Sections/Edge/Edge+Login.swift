extension Configuration.Edge {
    /// How browsers are led to a login, and where they may return to.
    public struct Login: Sendable, Hashable {
        public init() {}
    }
}

extension Configuration.Edge.Login {
    static var schema: Schema<Self> {
        .mapping { _ in
            Self()
        }
    }
}
