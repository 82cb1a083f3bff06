#include "hardline/http/request_head.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace hardline::http {

// Found by GoogleTest through argument-dependent lookup: failures name the error.
void PrintTo(HeadError error, std::ostream* out) {
  static constexpr const char* kNames[] = {"incomplete", "malformed",     "too_large",
                                           "no_host",    "several_hosts", "other_scheme"};
  *out << kNames[static_cast<int>(error)];
}

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: wiki.localhost\r\n\r\n";

/// The answer to the octets as a slow sender has them arrive.
tl::expected<RequestHead, HeadError> read_in_pieces(std::string_view bytes, std::size_t size) {
  RequestHeadReader reader;
  auto head = reader.feed("");
  for (; !head && head.error() == HeadError::incomplete && !bytes.empty();
       bytes.remove_prefix(std::min(size, bytes.size())))
    head = reader.feed(bytes.substr(0, size));
  return head;
}

/// The answer to `bytes` at once, and that it is no other in pieces.
tl::expected<RequestHead, HeadError> read_head(std::string_view bytes) {
  auto head = parse_request_head(bytes);
  for (const std::size_t size : {1, 2, 7}) EXPECT_EQ(read_in_pieces(bytes, size), head) << size;
  return head;
}

/// The error of `bytes`, or nullopt where they are a head.
std::optional<HeadError> error_of(std::string_view bytes) {
  const auto head = read_head(bytes);
  return head ? std::nullopt : std::optional(head.error());
}

TEST(RequestHead, ReadsAnOrdinaryRequest) {
  const std::string bytes =
      "POST /upload?a=b HTTP/1.1\r\nUser-Agent: x\r\nHost: wiki.localhost:7009\r\nContent-Length: 4\r\n\r\nbody";
  const auto head = read_head(bytes);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/upload?a=b");
  EXPECT_EQ(head->host, "wiki.localhost:7009");
  EXPECT_FALSE(head->accepts_html);
  EXPECT_EQ(head->length, bytes.size() - 4);
}

TEST(RequestHead, ReadsHttp10AndTheAsteriskForm) {
  const auto head = read_head("OPTIONS * HTTP/1.0\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->target, "*");
}

TEST(RequestHead, AcceptsLineFeedsAlone) {
  const auto head = read_head("GET / HTTP/1.1\nHost: a\n\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->host, "a");
  EXPECT_EQ(head->length, 24U);
}

TEST(RequestHead, FindsHostInAnyCaseAndTrimsIt) {
  const auto head = read_head("GET / HTTP/1.1\r\nhOST:\t a.localhost \t\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->host, "a.localhost");
}

TEST(RequestHead, TakesAnEmptyHostForAHost) {
  const auto head = read_head("GET / HTTP/1.1\r\nHost:\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->host, "");
}

TEST(RequestHead, TakesNoLongerNameForHost) {
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nX-Host: a\r\nHost-2: b\r\n\r\n"), HeadError::no_host);
}

TEST(RequestHead, SeesWhetherAPersonLooks) {
  const auto accepts = [](const std::string& headers) {
    return read_head("GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n")->accepts_html;
  };
  EXPECT_TRUE(accepts("Accept: text/html,application/xhtml+xml;q=0.9\r\n"));
  EXPECT_TRUE(accepts("accept: image/png\r\nACCEPT: Text/HTML\r\n"));
  EXPECT_TRUE(accepts("Accept: text/html\r\nAccept: image/png\r\n"));
  EXPECT_FALSE(accepts("Accept: */*\r\n"));
  EXPECT_FALSE(accepts("Accept-Language: text/html\r\n"));
  EXPECT_FALSE(accepts(""));
}

TEST(RequestHead, WantsExactlyOneHost) {
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"), HeadError::no_host);
  EXPECT_EQ(error_of("GET / HTTP/1.0\r\n\r\n"), HeadError::no_host);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), HeadError::several_hosts);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n"), HeadError::several_hosts);
}

/// The head of a request for `target`, whose Host is "other".
RequestHead head_for(const std::string& target, const std::string& method = "GET") {
  const auto head = read_head(method + ' ' + target + " HTTP/1.1\r\nHost: other\r\n\r\n");
  if (!head) throw std::runtime_error("this is no head: " + target);
  return *head;
}

TEST(RequestHead, TakesTheHostOfAnAbsoluteTargetInPlaceOfHosts) {
  const auto head = head_for("http://wiki.localhost:7009/a?b=c");
  EXPECT_EQ(head.form, TargetForm::absolute);
  EXPECT_EQ(head.host, "wiki.localhost:7009");
  EXPECT_EQ(head.target, "/a?b=c");
}

TEST(RequestHead, GivesAnAbsoluteTargetWithoutAPathOne) {
  EXPECT_EQ(head_for("http://a.localhost").target, "/");
  EXPECT_EQ(head_for("http://a.localhost?q").target, "/?q");
  EXPECT_EQ(head_for("http://a.localhost", "OPTIONS").target, "*");
  EXPECT_EQ(head_for("http://a.localhost/", "OPTIONS").target, "/");
}

TEST(RequestHead, ReadsEveryKindOfAuthority) {
  EXPECT_EQ(head_for("hTTp://A.LocalHost/").host, "A.LocalHost");
  EXPECT_EQ(head_for("http://a.localhost:/").host, "a.localhost:");
  EXPECT_EQ(head_for("http://[::1]:80/").host, "[::1]:80");
  EXPECT_EQ(head_for("http://[::1]").host, "[::1]");
  EXPECT_EQ(head_for("http://a:65535/").host, "a:65535");
}

TEST(RequestHead, ReadsConnect) {
  const auto head = head_for("nas.localhost:22", "CONNECT");
  EXPECT_EQ(head.form, TargetForm::authority);
  EXPECT_EQ(head.host, "nas.localhost:22");
  EXPECT_EQ(head.target, "nas.localhost:22");
  EXPECT_EQ(head_for("[::1]:22", "CONNECT").host, "[::1]:22");
}

TEST(RequestHead, NeedsNoHostWhereTheTargetNamesOne) {
  EXPECT_EQ(error_of("CONNECT a:22 HTTP/1.0\r\n\r\n"), std::nullopt);
  EXPECT_EQ(error_of("GET http://a/ HTTP/1.1\r\n\r\n"), std::nullopt);
  EXPECT_EQ(error_of("GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), HeadError::several_hosts);
}

TEST(RequestHead, RefusesOtherSchemes) {
  for (const char* scheme : {"https", "ftp", "httpx", "htt", "ws", "c"})
    EXPECT_EQ(error_of("GET " + std::string(scheme) + ":"), HeadError::other_scheme) << scheme;
}

TEST(RequestHead, RefusesAnotherTargetAtItsFirstWrongOctet) {
  for (const char* bytes : {"GET http:a",      "GET http:/a",     "GET http:///",        "GET http:// ",
                            "GET http://:",    "GET http://a@",   "GET http://a\\",      "GET http://a#",
                            "GET http://a\t",  "GET http://a:1x", "GET http://a:123456", "GET http://a:65536/",
                            "GET http://[a]x", "GET http://[g",   "GET http://[::1%",    "GET http://a[",
                            "CONNECT /",       "CONNECT a ",      "CONNECT a/",          "CONNECT http:/",
                            "CONNECT a: ",     "CONNECT a:0 ",    "CONNECT a:65536 ",    "CONNECT a:22/",
                            "CONNECT :",       "CONNECT [::1] ",  "CONNECT a@"}) {
    const std::string_view all(bytes);
    EXPECT_EQ(error_of(all), HeadError::malformed) << bytes;
    EXPECT_EQ(error_of(all.substr(0, all.size() - 1)), HeadError::incomplete) << bytes;
  }
}

TEST(RequestHead, SeesWhatABrowserTells) {
  const auto head =
      read_head("GET / HTTP/1.1\r\nHost: a\r\nSec-Fetch-Mode: navigate\r\nsec-fetch-dest: document\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_TRUE(head->has_fetch_metadata);
  EXPECT_EQ(head->fetch_mode, "navigate");
  EXPECT_EQ(head->fetch_dest, "document");
  EXPECT_FALSE(head->has_site_data);
  EXPECT_FALSE(head->names_browser);
}

TEST(RequestHead, TellsFieldsOfBrowsersApart) {
  const auto with = [](const std::string& field) {
    return *read_head("GET / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n");
  };
  EXPECT_TRUE(with("Sec-Fetch-Site: none").has_fetch_metadata);
  EXPECT_FALSE(with("Sec-Fetchx: none").has_fetch_metadata);
  EXPECT_TRUE(with("Cookie: a=b").has_site_data);
  EXPECT_TRUE(with("ORIGIN: null").has_site_data);
  EXPECT_EQ(with("Cookie: a=b").origin, std::nullopt);
  EXPECT_EQ(with("ORIGIN: null").origin, "null");
  EXPECT_EQ(with("Sec-Fetch-Site: cross-site").fetch_site, "cross-site");
  EXPECT_TRUE(with("User-Agent: Mozilla/5.0 (X11)").names_browser);
  EXPECT_EQ(with("User-Agent: Mozilla/5.0 (X11)").user_agent, "Mozilla/5.0 (X11)");
  for (const char* ahead :
       {"Sec-Purpose: prefetch;prerender", "Purpose: prefetch", "X-Purpose: preview", "X-moz: prefetch"})
    EXPECT_TRUE(with(ahead).is_ahead) << ahead;
  EXPECT_FALSE(with("Sec-Fetch-Mode: navigate").is_ahead);
  EXPECT_TRUE(with("Upgrade: websocket").has_upgrade);
  EXPECT_FALSE(with("Upgrade-Insecure-Requests: 1").has_upgrade);
  const auto of_curl = with("User-Agent: curl/7.88.1 Mozilla/5.0");
  EXPECT_FALSE(of_curl.names_browser || of_curl.has_site_data || of_curl.has_fetch_metadata);
}

TEST(RequestHead, CountsItsLengthFromTheFirstPiece) {
  RequestHeadReader reader;
  EXPECT_EQ(reader.feed(kGet.substr(0, 20)), tl::unexpected(HeadError::incomplete));
  const auto head = reader.feed(kGet.substr(20) + "body");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->length, kGet.size());
}

TEST(RequestHead, ReadsOnUntilTheBlankLine) {
  for (std::size_t length = 0; length < kGet.size(); ++length)
    EXPECT_EQ(error_of(kGet.substr(0, length)), HeadError::incomplete) << length;
  EXPECT_EQ(error_of(kGet), std::nullopt);
}

TEST(RequestHead, KnowsOtherProtocolsByTheirFirstOctets) {
  EXPECT_EQ(error_of("\x16"), HeadError::malformed);  // a TLS record
  EXPECT_EQ(error_of("PRI "), HeadError::malformed);  // HTTP/2
  EXPECT_EQ(error_of("\x05"), HeadError::malformed);  // SOCKS
  EXPECT_EQ(error_of("SSH-2.0-x\r"), HeadError::malformed);
  EXPECT_EQ(error_of(std::string_view("\0", 1)), HeadError::malformed);
  EXPECT_EQ(error_of("\r\n"), HeadError::malformed);
  EXPECT_EQ(error_of(" GET"), HeadError::malformed);
}

TEST(RequestHead, RefusesAnotherRequestLineAtItsFirstWrongOctet) {
  for (const char* bytes :
       {"GE(", "GET  ", "GET\t", "GET x ", "GET 1", "GET *x", "GET *\r", "GET /\r", "GET /\n", "GET / h",
        "GET / HTTP/2", "GET / HTTP/1.2", "GET / HTTP/1.1 ", "GET / HTTP/1.11", "GET / x", "GET /\x7f"}) {
    const std::string_view all(bytes);
    EXPECT_EQ(error_of(all), HeadError::malformed) << bytes;
    EXPECT_EQ(error_of(all.substr(0, all.size() - 1)), HeadError::incomplete) << bytes;
  }
}

TEST(RequestHead, RefusesAnotherHeaderAtItsFirstWrongOctet) {
  const std::string start = "GET / HTTP/1.1\r\n";
  for (const char* bytes : {":", " ", "\t", "Host ", "Ho ", "H\xc3", "Host: a\r\n ", "Host: a\r\n\t", "Host: a\rb",
                            "Host: a\x01", "Host: a\x7f", "Host\r", "Host\n", "\rx", "Host: a\r\n\rx"}) {
    const auto all = start + bytes;
    EXPECT_EQ(error_of(all), HeadError::malformed) << bytes;
    EXPECT_EQ(error_of(all.substr(0, all.size() - 1)), HeadError::incomplete) << bytes;
  }
}

TEST(RequestHead, RefusesNulEverywhere) {
  for (std::size_t at = 0; at < kGet.size(); ++at) {
    auto bytes = kGet;
    bytes[at] = '\0';
    EXPECT_EQ(error_of(bytes), HeadError::malformed) << at;
  }
}

TEST(RequestHead, CarriesOctetsThatAreNotAscii) {
  const auto head = read_head("GET /\xc3\xa4 HTTP/1.1\r\nX: \xff\x80\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->target, "/\xc3\xa4");
}

TEST(RequestHead, BoundsItsLength) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string end = "\r\n\r\n";
  const auto longest = start + std::string(kMaxRequestHead - start.size() - end.size(), 'x') + end;
  const auto head = read_head(longest + "body");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->length, kMaxRequestHead);
  EXPECT_EQ(error_of(longest.substr(0, kMaxRequestHead - 1)), HeadError::incomplete);
  EXPECT_EQ(error_of(start + "x" + longest.substr(start.size())), HeadError::too_large);
  EXPECT_EQ(error_of(std::string(kMaxRequestHead, 'G')), HeadError::too_large);
}

TEST(RequestHead, KnowsWhetherContentFollows) {
  const auto has_body = [](const std::string& headers) {
    return parse_request_head("GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n")->has_body;
  };
  EXPECT_FALSE(has_body(""));
  EXPECT_FALSE(has_body("Content-Length: 0\r\n"));
  EXPECT_TRUE(has_body("Content-Length: 1\r\n"));
  EXPECT_TRUE(has_body("content-length: nonsense\r\n"));
  EXPECT_TRUE(has_body("Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(has_body("Content-Length: 5\r\nContent-Length: 0\r\n"));
}

}  // namespace
}  // namespace hardline::http
