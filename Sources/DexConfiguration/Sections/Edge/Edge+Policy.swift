extension Configuration.Edge {
    /// Who may do what where.
    public struct Policy: Sendable, Hashable {
        public init() {}
    }
}

extension Configuration.Edge.Policy {
    static var schema: Schema<Self> {
        .mapping { _ in
            Self()
        }
    }
}
