/// The page in front of the edge's login, with one button.
public struct EdgeSignInPage: Sendable, Hashable {
    /// A path on this server, which the button asks for.
    public var startPath: String
    /// `rd`: where to go after the login.
    public var target: String

    public init(startPath: String, target: String) {
        self.startPath = startPath
        self.target = target
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        values.set("start", PageURL(local: startPath))
        values.set("target", target)
    }
}
