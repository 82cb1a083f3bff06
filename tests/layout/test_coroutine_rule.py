"""No coroutine holds what g++ 12 miscompiles (double frees, uses after free); and the guard that says so can fail."""

from pathlib import Path

import pytest

import coroutine_rule

PROJECT = Path(__file__).resolve().parents[2]


def test_the_code_keeps_the_rule():
    files = [path for top in ("src", "include", "tests") for path in sorted((PROJECT / top).rglob("*.[ch]pp"))]
    assert len(files) > 20, "the guard must see the sources"
    breaches = []
    for path in files:
        breaches += coroutine_rule.breaches(path.relative_to(PROJECT), path.read_text())
    assert not breaches, "\n".join(breaches)


def test_the_guard_reads_the_coroutines_there_are():
    pieces, _ = coroutine_rule.pieces_of((PROJECT / "src/rt/event.cpp").read_text())
    assert sum("co_await" in piece.text for piece in pieces) >= 3


def in_a_coroutine(statement):
    return "namespace a {\nawaitable<void> f(int x) {\n  " + statement + "\n}\n}  // namespace a\n"


@pytest.mark.parametrize(
    "statement",
    [
        "co_await f([s] { return s; });",
        "co_await f([] { return 1; });",
        "co_await offload(pool, [x](int y) mutable -> int { return x + y; });",
        "co_await f(Agg{1, 2});",
        "co_await f({1, 2});",
        "co_await (a(Agg{1}) && b);",
        "const auto n = co_await f(g(Agg{1}));",
        "co_await f(std::string(text));",
        "co_await f(std::vector<std::uint8_t>(10));",
        "co_await f(g(std::string(text)));",
        'co_await f("a" + name);',
        "co_await f(std::to_string(port));",
        "co_await f(key.hex());",
        "co_await f(std::make_shared<A<int>>(1));",
        "co_await f(\n      first,\n      Agg{1});",
        "if (co_await f(Agg{1})) g();",
        "while (!done && co_await f(Agg{1})) {}",
        "while (co_await f()) {}",
        "while (!done && co_await f()) g();",
        "use(co_await a(), co_await b());",
        "co_await a(co_await b());",
        "const bool ok = co_await a() && co_await b();",
        "const auto x = c ? co_await a() : b;",
        "const auto x = c ? b : co_await a();",
        "const auto x = c ? std::nullopt : co_await a();",
        "throw Error(co_await a());",
        "co_spawn(co_await this_coro::executor, task(), detached);",
        "asio::co_spawn(\n      co_await asio::this_coro::executor, g(), detached);",
        "co_return Agg{co_await f()};",
        "auto run = [this]() -> awaitable<void> { co_await f(); };",
        "group.spawn(name, [&x]() -> awaitable<void> { if (x) { co_return; } }());",
        "auto run = []() -> awaitable<void> { co_await f(Agg{1}); };",
    ],
)
def test_sees_a_breach(statement):
    found = coroutine_rule.breaches("a.cpp", in_a_coroutine(statement))
    assert found, statement
    assert found[0].startswith("a.cpp:"), found


@pytest.mark.parametrize(
    "statement",
    [
        "co_await f(x);",
        "auto ex = co_await asio::this_coro::executor;",
        "co_await timer.async_wait(redirect_error(use_awaitable, ec));",
        "co_await f(std::move(x), 1, *y, z.size());",
        "while (!ready) co_await event.wait();",
        "if (co_await a(x)) co_await b(x);",
        "if (const auto ok = co_await a(x); !ok) throw Error(Agg{1});",
        "for (int i = 0; i < 3; ++i) co_await a(i);",
        "if (x) { co_await a(x); } else { co_await b(x); }",
        "Agg agg{1, 2};\n  co_await f(agg);",
        "Result<int> n{co_await f(x)};",
        "const auto job = [x] { return Agg{x}; };\n  co_await offload(pool, job);",
        "auto run = []() -> awaitable<void> { co_await f(); };",
        "auto take = [x] { return x; };  // no coroutine",
        "switch (co_await a(x)) { case A::b: co_await c(x); break; default: co_return; }",
        "// co_await f(Agg{1});",
        "/* co_await f(\n Agg{1}); */",
        'log("co_await f(Agg{1}) ? co_await a : b");',
        'log(R"(co_await f(Agg{1});)");',
        "co_await f(x);  // one; it's enough: co_await",
        "const auto y = (co_await f(x)).value;",
        "const auto y = c ? a : b;\n  co_await f(y);",
        "try { co_await f(x); } catch (const E& e) { g(Agg{1}); }",
        "co_await f(values[i], 'x');",
        "const auto n = co_await async_initiate<const use_awaitable_t<>&, void()>(start, use_awaitable);",
    ],
)
def test_accepts_what_keeps_the_rule(statement):
    assert not coroutine_rule.breaches("a.cpp", in_a_coroutine(statement))


def test_names_the_line():
    assert coroutine_rule.breaches("a.cpp", in_a_coroutine("g();\n  co_await f(Agg{1});"))[0].startswith("a.cpp:4:")
