extension Configuration.Edge {
    /// What becomes of a path before policies see it, in the words of Istio's `meshConfig.pathNormalization`.
    public enum PathNormalization: String, Sendable, Hashable, CaseIterable {
        /// Nothing.
        case none = "NONE"
        /// Dot segments are resolved, needless escapes decoded.
        case base = "BASE"
        /// And several slashes become one.
        case mergeSlashes = "MERGE_SLASHES"
        /// And escaped slashes become slashes, before the others.
        case decodeAndMergeSlashes = "DECODE_AND_MERGE_SLASHES"
    }
}
