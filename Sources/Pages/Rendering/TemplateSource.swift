import Bytes
import Mustache

/// One template: its text has been read, and it holds nothing that can fail or run away while a page is rendered.
struct TemplateSource {
    let name: String
    let template: MustacheTemplate
    /// The templates that this one takes in, and the lines (from 1) where it says so.
    let partials: [(name: String, line: Int)]

    /// bytes
    static let largestText = 256 * 1024
    /// sections within sections
    static let deepestNesting = 64

    init(name: String, text: String) throws(PagesError) {
        self.name = name
        guard text.utf8.count <= Self.largestText else {
            throw .brokenTemplate(name: name, line: 1, problem: "it is larger than \(Self.largestText / 1024) KiB")
        }
        self.partials = try Self.scan(text, of: name)
        do {
            // Values arrive escaped (see HTML), so the library must not escape them a second time. The pragma has no
            // line of its own: line numbers in errors stay right.
            self.template = try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + text)
        } catch let error as MustacheTemplate.ParserError {
            throw .brokenTemplate(
                name: name, line: error.context.lineNumber, problem: Self.describe(error.error) + Self.hint(for: text))
        } catch {
            throw .brokenTemplate(name: name, line: 1, problem: "\(error)")
        }
    }

    /// Finds partials, and refuses what the checks could not see through.
    private static func scan(_ text: String, of name: String) throws(PagesError) -> [(name: String, line: Int)] {
        let bytes = Array(text.utf8)
        var partials: [(name: String, line: Int)] = []
        var line = 1
        var depth = 0
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            guard bytes[index] == UInt8(ascii: "{"), index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "{") else {
                index += 1
                continue
            }
            let kind = bytes[index + 2]
            // Not past the sign itself: it may be a newline, to be counted.
            index += 2
            switch kind {
            case UInt8(ascii: "!"):
                // What a comment holds, tags too, means nothing up to its first closing braces.
                while index + 1 < bytes.count, bytes[index] != UInt8(ascii: "}") || bytes[index + 1] != UInt8(ascii: "}") {
                    if bytes[index] == UInt8(ascii: "\n") { line += 1 }
                    index += 1
                }
            case UInt8(ascii: "#"), UInt8(ascii: "^"), UInt8(ascii: "$"):
                depth += 1
            case UInt8(ascii: "/"):
                depth -= 1
            case UInt8(ascii: "<"), UInt8(ascii: ">"):
                if kind == UInt8(ascii: "<") { depth += 1 }
                let target = bytes[(index + 1)...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
                    .prefix { $0 != UInt8(ascii: "}") && $0 > 0x20 }
                guard target.first != UInt8(ascii: "*") else {
                    throw .brokenTemplate(
                        name: name, line: line, problem: "partials chosen by a value (`{{>*name}}`) are not allowed")
                }
                partials.append((String(decoding: target, as: UTF8.self), line))
            case UInt8(ascii: "="):
                throw .brokenTemplate(name: name, line: line, problem: "other delimiters (`{{= =}}`) are not allowed")
            case UInt8(ascii: "%"):
                throw .brokenTemplate(name: name, line: line, problem: "pragmas (`{{% }}`) are not allowed")
            default:
                break
            }
            guard depth <= deepestNesting else {
                throw .brokenTemplate(name: name, line: line, problem: "sections are nested deeper than \(deepestNesting)")
            }
        }
        return partials
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case MustacheTemplate.Error.sectionCloseNameIncorrect: "this closing tag is not that of the open section"
        case MustacheTemplate.Error.unfinishedName: "a tag must be a name between {{ and }}"
        case MustacheTemplate.Error.expectedSectionEnd: "a section has no closing tag"
        case MustacheTemplate.Error.transformAppliedToInheritanceSection: "a block cannot have a transform"
        case MustacheTemplate.Error.illegalTokenInsideInheritSection, MustacheTemplate.Error.textInsideInheritSection:
            "between {{<name}} and its end only {{$block}}…{{/block}} may stand"
        default: "\(error)"
        }
    }

    /// People who come from Dex bring its templates.
    private static func hint(for text: String) -> String {
        let words = text.utf8.split { byte in " {}\n\t-".utf8.contains(byte) }
        let isGo =
            text.containsBytes(of: "{{")
            && ["template", "define", "range", "if", "end"].contains { word in words.contains { $0.elementsEqual(word.utf8) } }
        return isGo ? "; if this is one of Dex's Go templates: Dextra's are Mustache" : ""
    }
}
