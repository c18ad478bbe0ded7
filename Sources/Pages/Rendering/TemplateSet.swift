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
    init(overrides: [String: String]) throws(PagesError) {
        library = overrides.isEmpty ? nil : try Self.read(overrides: overrides)
    }

    private static func read(overrides: [String: String]) throws(PagesError) -> MustacheLibrary {
        var sources: [String: TemplateSource] = [:]
        for name in TemplateName.allCases where overrides[name.rawValue] == nil {
            sources[name.rawValue] = try TemplateSource(name: name.rawValue, text: name.embeddedText)
        }
        for (name, text) in overrides.sorted(by: { $0.key < $1.key }) {
            sources[name] = try TemplateSource(name: name, text: text)
        }
        try checkReferences(sources, overrides: overrides)
        return MustacheLibrary(templates: sources.mapValues(\.template))
    }

    func render(_ values: TemplateValues, with name: TemplateName) -> [UInt8] {
        let library = self.library ?? Self.builtIn
        // Every name was put into the library when it was read.
        return Array((library.render(values, withTemplate: name.rawValue) ?? "").utf8)
    }

    /// Mustache renders an unknown partial as nothing, and one that holds itself until the stack ends. Both are found here,
    /// when the program starts.
    private static func checkReferences(_ sources: [String: TemplateSource], overrides: [String: String]) throws(PagesError) {
        for source in sources.values.sorted(by: { $0.name < $1.name }) {
            for partial in source.partials where sources[partial.name] == nil {
                throw .brokenTemplate(
                    name: source.name, line: partial.line, problem: "there is no template `\(partial.name)`")
            }
        }
        var finished: Set<String> = []
        func visit(_ source: TemplateSource, path: [String]) throws(PagesError) {
            for partial in source.partials where !finished.contains(partial.name) {
                guard !path.contains(partial.name) else {
                    throw .brokenTemplate(
                        name: source.name, line: partial.line,
                        problem: "the templates hold each other without end: \((path + [partial.name]).joined(separator: " → "))")
                }
                if let next = sources[partial.name] { try visit(next, path: path + [partial.name]) }
            }
            finished.insert(source.name)
        }
        for name in TemplateName.allCases {
            if let source = sources[name.rawValue] { try visit(source, path: [name.rawValue]) }
        }
        for name in overrides.keys.sorted() where !finished.contains(name) {
            throw .unknownTemplate(name: name, known: TemplateName.allCases.map(\.rawValue))
        }
    }
}
