/// What is wrong with an operator's own templates. Found when ``Pages`` is made, never while a page is rendered.
public enum PagesError: Error, Sendable, Hashable {
    /// No page has this name and no template takes it in.
    case unknownTemplate(name: String, known: [String])
    /// The template `name` cannot be used. `line` counts from 1.
    case brokenTemplate(name: String, line: Int, problem: String)
}

extension PagesError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownTemplate(let name, let known):
            "template \(name).mustache is not used by any page; pages are: \(known.joined(separator: ", "))"
        case .brokenTemplate(let name, let line, let problem):
            "template \(name).mustache, line \(line): \(problem)"
        }
    }
}
