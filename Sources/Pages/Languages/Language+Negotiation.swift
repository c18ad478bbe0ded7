extension Language {
    /// The language of a page.
    ///
    /// - Parameters:
    ///   - acceptLanguage: the `Accept-Language` header (RFC 9110 §12.5.4). What is malformed in it is passed over.
    ///   - uiLocales: the tags of the `ui_locales` parameter (OpenID Connect Core §3.1.2.1), the dearest first. They
    ///     come before the header: the application knows what the visitor chose.
    /// - Returns: the first match, else English.
    public static func negotiate(acceptLanguage: String?, uiLocales: [String] = []) -> Language {
        for range in uiLocales.prefix(mostRanges) {
            if let language = lookup(range.utf8[...]) { return language }
        }
        guard let acceptLanguage else { return .english }
        for range in ranges(of: acceptLanguage) {
            if let language = lookup(range) { return language }
        }
        return .english
    }

    /// More than any browser sends; the rest of a longer list is not read.
    private static let mostRanges = 32
    private static let longestHeader = 2048

    /// RFC 4647 §3.4: cut subtags from the end until one of ours is left. A `*` says nothing and finds nothing.
    private static func lookup(_ range: Substring.UTF8View) -> Language? {
        let subtags = range.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let primary = subtags.first, subtags.allSatisfy({ (1...8).contains($0.count) && $0.allSatisfy(isAlphanumeric) })
        else { return nil }
        // All our tags have one subtag, so that cutting always ends at the first.
        return allCases.first { $0.tag.utf8.elementsEqual(primary.lazy.map(lowercased)) }
    }

    /// The ranges of the header, the dearest first, equals in their order, without those of quality 0.
    private static func ranges(of header: String) -> [Substring.UTF8View] {
        let elements = header.utf8.prefix(longestHeader).split(separator: UInt8(ascii: ","))
        let weighted = elements.prefix(mostRanges).compactMap { element -> (range: Substring.UTF8View, quality: Int)? in
            let parts = element.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(trimmed)
            guard let range = parts.first, let quality = quality(parts.dropFirst()), quality > 0 else { return nil }
            return (range, quality)
        }
        // Sorted by quality, then place: Swift's sort does not promise to keep the order of equals.
        return weighted.enumerated()
            .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
            .map(\.element.range)
    }

    /// Thousandths: 1000 if there is no `q`; nil if it is malformed (RFC 9110 §12.4.2).
    private static func quality(_ parameters: ArraySlice<Substring.UTF8View>) -> Int? {
        guard let parameter = parameters.first else { return 1000 }
        var text = parameter
        guard parameters.count == 1, let name = text.popFirst(), lowercased(name) == UInt8(ascii: "q") else { return nil }
        text = trimmed(text)
        guard text.popFirst() == UInt8(ascii: "=") else { return nil }
        text = trimmed(text)
        guard let whole = text.popFirst(), whole == UInt8(ascii: "0") || whole == UInt8(ascii: "1") else { return nil }
        if let point = text.popFirst(), point != UInt8(ascii: ".") { return nil }
        guard text.count <= 3, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        let digits = text.map { Int($0 - UInt8(ascii: "0")) } + [0, 0, 0]
        let fraction = digits[0] * 100 + digits[1] * 10 + digits[2]
        let quality = Int(whole - UInt8(ascii: "0")) * 1000 + fraction
        return quality <= 1000 ? quality : nil
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch lowercased(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
    }
}
