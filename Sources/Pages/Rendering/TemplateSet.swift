import Bytes
import Mustache

/// The parsed templates: the embedded ones, with an operator's own in their place.
struct TemplateSet: Sendable {
    /// Nil: the built-in templates alone, which are read when the first page is shown. Reading them at the start would delay
    /// it by a tenth, and there is nothing to find out, as the tests show every page.
    private let library: MustacheLibrary?

    private static let builtIn: MustacheLibrary = {
        do { return try read(overrides: [:]) } catch { fatalError("a built-in template is broken: \(error)") }
    }()

    /// - Parameter overrides: template text by name; a name that no page has is a partial for the other templates.
    init(overrides: [ExactText: String]) throws(PagesError) {
        library = overrides.isEmpty ? nil : try Self.read(overrides: overrides)
    }

    private static func read(overrides: [ExactText: String]) throws(PagesError) -> MustacheLibrary {
        var sources: [ExactText: TemplateSource] = [:]
        for name in TemplateName.allCases where overrides[name.rawValue.exact] == nil {
            sources[name.rawValue.exact] = try TemplateSource(name: name.rawValue, text: name.embeddedText)
        }
        for (name, text) in overrides.sorted(by: { $0.key < $1.key }) {
            sources[name] = try TemplateSource(name: name.text, text: text)
        }
        try checkReferences(sources, overrides: overrides)
        let templates = sources.values.map { ($0.name, $0.template) }
        // Mustache finds templates by names as texts; two that it takes for one are one.
        return MustacheLibrary(templates: Dictionary(templates) { first, _ in first })  // characters: Mustache's own keys
    }

    func render(_ values: TemplateValues, with name: TemplateName) -> [UInt8] {
        let library = self.library ?? Self.builtIn
        // Every name was put into the library when it was read.
        return Array((library.render(values, withTemplate: name.rawValue) ?? "").utf8)
    }

    /// Mustache renders an unknown partial as nothing, and one that holds itself until the stack ends. Both are found here,
    /// when the program starts.
    private static func checkReferences(_ sources: [ExactText: TemplateSource], overrides: [ExactText: String]) throws(PagesError)
    {
        for source in sources.values.sorted(by: { $0.name.exact < $1.name.exact }) {
            for partial in source.partials where sources[partial.name.exact] == nil {
                throw .brokenTemplate(
                    name: source.name, line: partial.line, problem: "there is no template `\(partial.name)`")
            }
        }
        var finished: Set<ExactText> = []
        func visit(_ source: TemplateSource, path: [ExactText]) throws(PagesError) {
            for partial in source.partials where !finished.contains(partial.name.exact) {
                guard !path.contains(partial.name.exact) else {
                    throw .brokenTemplate(
                        name: source.name, line: partial.line,
                        problem:
                            "the templates hold each other without end: \((path.map(\.text) + [partial.name]).joined(separator: " → "))"
                    )
                }
                if let next = sources[partial.name.exact] { try visit(next, path: path + [partial.name.exact]) }
            }
            finished.insert(source.name.exact)
        }
        for name in TemplateName.allCases {
            if let source = sources[name.rawValue.exact] { try visit(source, path: [name.rawValue.exact]) }
        }
        for name in overrides.keys.sorted() where !finished.contains(name) {
            throw .unknownTemplate(name: name.text, known: TemplateName.allCases.map(\.rawValue))
        }
    }
}
