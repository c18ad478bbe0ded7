/// A page taken apart the way a browser's tokenizer would: enough of HTML to see whether text broke out of its place.
struct Markup {
    struct Tag: Hashable {
        var name: String
        var isEnd = false
        var attributes: [(name: String, value: String)] = []

        subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }

        static func == (left: Tag, right: Tag) -> Bool {
            left.name == right.name && left.isEnd == right.isEnd && left.attributes.map(\.name) == right.attributes.map(\.name)
        }

        func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    private(set) var tags: [Tag] = []
    /// Text between the tags, character references and all.
    private(set) var text = ""
    /// What is wrong: unclosed tags, crossed tags, malformed attributes.
    private(set) var problems: [String] = []

    static let void: Set<String> = ["meta", "link", "input", "img", "br"]

    init(_ bytes: [UInt8]) {
        let input = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        var index = 0
        func word(until stops: Set<Unicode.Scalar>) -> String {
            var word = String.UnicodeScalarView()
            while index < input.count, !stops.contains(input[index]) {
                word.append(input[index])
                index += 1
            }
            return String(word)
        }
        func skipBlanks() { while index < input.count, [" ", "\n", "\t"].contains(input[index]) { index += 1 } }
        let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".unicodeScalars)
        var open: [String] = []
        while index < input.count {
            text += word(until: ["<"])
            guard index + 1 < input.count else { break }
            index += 1
            var tag = Tag(name: "")
            if input[index] == "!" {
                _ = word(until: [">"])
                index += 1
                continue
            }
            if input[index] == "/" {
                tag.isEnd = true
                index += 1
            }
            guard index < input.count, letters.contains(input[index]) else {
                problems.append("a < in text")
                continue
            }
            tag.name = word(until: [" ", "\n", "\t", ">", "/"]).lowercased()
            skipBlanks()
            while index < input.count, input[index] != ">" {
                let name = word(until: ["=", " ", "\n", "\t", ">"])
                if name.isEmpty || name.contains(where: { "\"'<`/".contains($0) }) { problems.append("attribute `\(name)`") }
                guard index < input.count else { break }
                if input[index] == "=" {
                    index += 1
                    if index < input.count, input[index] == "\"" {
                        index += 1
                        tag.attributes.append((name, word(until: ["\""])))
                        index += 1
                    } else {
                        problems.append("unquoted value of \(name)")
                        _ = word(until: [" ", ">"])
                    }
                } else {
                    tag.attributes.append((name, ""))
                }
                skipBlanks()
            }
            index += 1
            tags.append(tag)
            if tag.isEnd {
                if open.popLast() != tag.name { problems.append("</\(tag.name)> closes another element") }
            } else if !Self.void.contains(tag.name) {
                open.append(tag.name)
            }
        }
        if !open.isEmpty { problems.append("not closed: \(open)") }
    }

    func all(_ name: String) -> [Tag] { tags.filter { $0.name == name && !$0.isEnd } }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}
