import JOSE
import Testing

@Suite("JSON")
struct JSONTests {
    func parse(_ text: String) throws(JSONError) -> JSON { try JSON(parsing: text) }

    @Test(
        "is read as RFC 8259 means it",
        arguments: [
            ("null", JSON.null), ("true", true), ("false", false), (" \t\r\n1 ", 1), ("-0", 0), ("[]", []),
            ("{}", [:] as JSON), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", .number(1.5)),
            ("1.0", .number(1)), ("1e3", .number(1000)), ("-1.25E-2", .number(-0.0125)), ("0e+1", .number(0)),
            (#""""#, ""), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"),
            (#""\uD83D\uDE00""#, "😀"), (#""\u0000""#, "\0"), ("\"é€😀\"", "é€😀"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
            (#"{"a":[1,{"b":null}],"":2}"#, ["a": [1, ["b": .null]], "": 2]),
            (#"[1 , 2 ,[ ] , { } ]"#, [1, 2, [], [:]]),
        ] as [(String, JSON)])
    func read(_ text: String, _ expected: JSON) throws {
        #expect(try parse(text) == expected)
    }

    @Test(
        "is refused if anything is not as RFC 8259 has it",
        arguments: [
            "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1.e3", "1e",
            "1e+", "0x10", "1_000", "1,2", "[1,]", "[,1]", "[1 2]", "[", "]", "[}", "{]", "{", "{\"a\"}", "{\"a\":}",
            "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{1:2}", "\"", "\"a", "\"\\",
            "\"\\u12\"", "\"\\u12G4\"", "\"\\x41\"", "\"\\'\"", "\"\n\"", "\"\t\"", "\"\0\"", "\"\u{1F}\"",
            "'a'", "// c\n1", "/**/1", "1 1", "1 x", "\u{FEFF}1", "\u{A0}1", "1\0", "tru", "1e999", "-1e999",
            "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800x\"", "\"\\uD800\\u0041\"", "\"\\uD800\\uD800\"",
            "\"\\uDE00\\uD83D\"", "\"\\uD83D\\", "\"\\uD83D\\uDE0",
        ])
    func refused(_ text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(
        "is refused if it is not UTF-8",
        arguments: [
            [0x80], [0xC3], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func notUTF8(_ bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError.invalidString(offset: 0)) { try JSON(parsing: [quote] + bytes + [quote]) }
        // Behind an escape another branch reads it.
        #expect(throws: JSONError.invalidString(offset: 0)) {
            try JSON(parsing: Array(#""\n"#.utf8) + bytes + [quote])
        }
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test("a member given twice is refused, however it is spelled, in small objects and large ones")
    func duplicates() throws {
        #expect(throws: JSONError.duplicateName("a")) { try parse(#"{"a":1,"a":1}"#) }
        #expect(throws: JSONError.duplicateName("a")) { try parse(#"{"a":1,"b":2,"\u0061":3}"#) }
        #expect(throws: JSONError.duplicateName("")) { try parse(#"[{"":{"":1},"":1}]"#) }
        let names = (0..<40).map { "\"n\($0)\":0" }.joined(separator: ",")
        #expect(try parse("{\(names)}").object?.count == 40)
        for index in [0, 15, 16, 17, 39] {
            #expect(throws: JSONError.duplicateName("n\(index)")) { try parse("{\(names),\"n\(index)\":1}") }
        }
    }

    @Test("names are compared by their bytes: the Kelvin sign is no K")
    func names() throws {
        let value = try parse("{\"\u{212A}\":1,\"K\":2}")
        #expect(value["K"] == 2)
        #expect(value["\u{212A}"] == 1)
    }

    @Test("32 levels are read, 33 are refused, a million too")
    func depth() throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ count: Int) -> String {
                String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
            }
            _ = try parse(nested(32))
            #expect(throws: JSONError.self) { try parse(nested(33)) }
            #expect(throws: JSONError.self) { try parse(nested(1_000_000)) }
        }
        #expect(throws: JSONError.tooDeep(offset: 32)) { try parse(String(repeating: "[", count: 100)) }
        // Beside each other is not within each other.
        _ = try parse("[" + String(repeating: "[],", count: 100) + "[]]")
    }

    @Test("says where it went wrong")
    func offsets() {
        #expect(throws: JSONError.unexpectedByte(offset: 4)) { try parse("[1, x]") }
        #expect(throws: JSONError.trailingBytes(offset: 3)) { try parse("{} 1") }
        #expect(throws: JSONError.invalidNumber(offset: 1)) { try parse("[01]") }
        #expect(throws: JSONError.unexpectedEnd) { try parse("[1,") }
    }

    @Test(
        "is written compactly, in order, with only the escapes that have to be",
        arguments: [
            (["b": 1, "a": [true, .null, 1.5, "x"]] as JSON, #"{"b":1,"a":[true,null,1.5,"x"]}"#),
            ("\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1f}\u{7f}é😀", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}é😀\""),
            (.number(0.1), "0.1"), (.number(.leastNonzeroMagnitude), "5e-324"), (.number(1e21), "1e+21"), (.number(.nan), "null"),
            (.number(-.infinity), "null"), (.integer(.min), "-9223372036854775808"), ([:], "{}"), ([], "[]"),
        ] as [(JSON, String)])
    func written(_ value: JSON, _ expected: String) {
        #expect(value.text == expected)
    }

    @Test("is written for people")
    func indented() {
        let value: JSON = ["a": [1, 2], "b": [:], "c": []]
        let expected = """
            {
              "a": [
                1,
                2
              ],
              "b": {},
              "c": []
            }
            """
        #expect(String(decoding: value.serialized(indent: 2), as: UTF8.self) == expected)
    }

    @Test("members keep their place when changed, go to the end when new, and can be removed")
    func object() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["c"] = 3
        object["a"] = 4
        object["b"] = nil
        object["x"] = nil
        #expect(object.members.map(\.name) == ["a", "c"])
        #expect(object == ["c": 3, "a": 4])
        #expect(object.hashValue == (["c": 3, "a": 4] as JSONObject).hashValue)
        #expect(object != ["c": 3, "a": 5])
        #expect(object != ["c": 3, "b": 4])
        #expect((["a": 1, "a": 2] as JSONObject).members.map(\.value) == [2])
    }

    @Test("accessors give nil for another type")
    func accessors() {
        #expect(JSON.number(1e9).integer == 1_000_000_000)
        #expect(JSON.number(1.5).integer == nil)
        #expect(JSON.number(0x1p63).integer == nil)
        #expect(JSON.number(-0x1p63).integer == .min)
        #expect(JSON.integer(1).number == 1)
        for value in [.null, true, 1, "a", [], [:]] as [JSON] {
            let present = [
                value.isNull, value.bool != nil, value.integer != nil, value.string != nil, value.array != nil,
                value.object != nil,
            ]
            #expect(present.count { $0 } == 1)
            #expect(value["a"] == nil)
        }
    }
}

@Suite("JSON at random")
struct JSONRandomTests {
    @Test("what was written is read as the same, compact and indented")
    func roundTrip() throws {
        var generator = TestRandom(seed: 8259)
        for _ in 0..<2_000 {
            let value = randomValue(depth: 0, &generator)
            #expect(try JSON(parsing: value.serialized()) == value)
            #expect(try JSON(parsing: value.serialized(indent: 3)) == value)
        }
    }

    @Test("doubles come back bit by bit")
    func doubles() throws {
        var generator = TestRandom(seed: 754)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(try JSON(parsing: JSON.number(value).serialized()).number?.bitPattern == value.bitPattern)
        }
    }

    @Test("changed bytes are read or refused; what is read can be written and read again")
    func fuzz() throws {
        var generator = TestRandom(seed: 4711)
        for _ in 0..<20_000 {
            var bytes = randomValue(depth: 0, &generator).serialized()
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(Array("{}[]\",:\\0eu-. ".utf8).randomElement(using: &generator) ?? 0, at: index)
                default: bytes.removeSubrange(index...)
                }
            }
            guard let value = try? JSON(parsing: bytes) else { continue }
            #expect(try JSON(parsing: value.serialized()) == value)
        }
    }

    private func randomValue(depth: Int, _ generator: inout TestRandom) -> JSON {
        switch Int.random(in: 0..<(depth < 4 ? 8 : 6), using: &generator) {
        case 0: .null
        case 1: .bool(Bool.random(using: &generator))
        case 2: .integer(Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<63, using: &generator))
        case 3: .number(Double.random(in: -1e6...1e6, using: &generator))
        case 4, 5: .string(randomText(&generator))
        case 6:
            .array((0..<Int.random(in: 0..<5, using: &generator)).map { _ in randomValue(depth: depth + 1, &generator) })
        default:
            .object(
                JSONObject(
                    (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
                        (name: randomText(&generator), value: randomValue(depth: depth + 2, &generator))
                    }))
        }
    }

    private func randomText(_ generator: inout TestRandom) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<12, using: &generator) {
            let limits: [UInt32] = [0x20, 0x7F, 0x7FF, 0xFFFF, 0x10FFFF]
            let limit = limits.randomElement(using: &generator) ?? 0
            if let scalar = Unicode.Scalar(UInt32.random(in: 0...limit, using: &generator)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
