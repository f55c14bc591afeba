# SPDX-License-Identifier: MIT
"""Threads, forks, callbacks that fail, Ctrl-C, memory: what a program does around the calls."""
import gc
import os
import resource
import signal
import subprocess
import sys
import threading
import unittest
from unittest import mock

from book import NOW, BookTest
from daybook import BillingSystem, UsageError
from daybook.ledger import Quiet


class Threads(BookTest):
    def test_readings_of_many_threads_all_count(self):
        self.subscriber()
        failed, fired = [], []

        def work(number):
            try:
                with BillingSystem(self.data) as book:
                    book.set_usage_alert("user_123", "api_calls", 50 + number, fired.append)
                    for reading in range(25):
                        book.record_usage("user_123", "api_calls", 1, event_id=f"{number}/{reading}")
                        book.get_usage("user_123")
            except Exception as why:  # pylint: disable=broad-except
                failed.append(why)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])
        self.assertEqual(sorted(alert.threshold for alert in fired), list(range(50, 58)))
        self.assertEqual(self.book.get_usage("user_123")["api_calls"], 8 * 25)

    def test_a_key_stays_with_its_call(self):
        self.subscriber()
        threads = [threading.Thread(target=self.book.process_payment, args=("user_123", number),
                                    kwargs={"idempotency_key": f"key {number}"}) for number in [1, 2, 3, 4, 5, 6] * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(row["amount"] for row in self.book.list_transactions("user_123")), [1, 2, 3, 4, 5, 6])


class Callbacks(BookTest):
    def test_one_that_raises_is_told_and_the_usage_is_recorded(self):
        self.subscriber()
        heard = []
        self.book.set_usage_alert("user_123", "api_calls", 5, lambda: 1 / 0)
        self.book.set_usage_alert("user_123", "api_calls", 6, heard.append)
        with mock.patch("sys.unraisablehook") as told:
            made = self.book.record_usage("user_123", "api_calls", 7)
        self.assertEqual(made["amount"], 7)
        self.assertIsInstance(told.call_args.args[0].exc_value, ZeroDivisionError)
        self.assertEqual(len(heard), 1)
        self.assertEqual(self.book.get_usage("user_123")["api_calls"], 7)

    def test_ctrl_c_in_one_is_heard_when_the_call_is_done(self):
        self.subscriber()

        def interrupted():
            signal.raise_signal(signal.SIGINT)

        self.book.set_usage_alert("user_123", "api_calls", 5, interrupted)
        with self.assertRaises(KeyboardInterrupt):
            self.book.record_usage("user_123", "api_calls", 7)
        self.assertEqual(self.book.get_usage("user_123")["api_calls"], 7)

    def test_ctrl_c_while_the_library_runs_waits_for_its_end(self):
        before, quiet = signal.getsignal(signal.SIGINT), Quiet()
        quiet.begin()
        signal.raise_signal(signal.SIGINT)
        with self.assertRaises(KeyboardInterrupt), quiet.paused():  # in a callback
            signal.raise_signal(signal.SIGINT)
        with self.assertRaises(KeyboardInterrupt):
            quiet.end()
        quiet.begin()
        quiet.end()
        self.assertIs(signal.getsignal(signal.SIGINT), before)

    def test_one_that_closes_the_ledger_closes_it_behind_the_call(self):
        self.subscriber()
        self.book.set_usage_alert("user_123", "api_calls", 5, self.book.close)
        self.assertEqual(self.book.record_usage("user_123", "api_calls", 7)["amount"], 7)
        with self.assertRaises(UsageError):
            self.book.get_usage("user_123")


class Processes(BookTest):
    def test_a_forked_process_is_told_and_opens_it_itself(self):
        self.subscriber()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                try:
                    self.book.get_usage("user_123")
                except UsageError as why:
                    if "forked process opens it itself" in str(why):
                        self.book.close()
                        with BillingSystem(self.data, now=NOW) as own:
                            own.record_usage("user_123", "api_calls", 3)
                        status = 0
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.book.record_usage("user_123", "api_calls", 4)
        self.assertEqual(self.book.get_usage("user_123")["api_calls"], 7)

    def test_several_processes_write_at_once(self):
        self.subscriber()
        program = ("import sys; from daybook import BillingSystem\n"
                   "with BillingSystem(sys.argv[1], now=sys.argv[2]) as book:\n"
                   "    for _ in range(20): book.record_usage('user_123', 'api_calls', 1)\n")
        children = [subprocess.Popen([sys.executable, "-c", program, str(self.data), NOW]) for _ in range(3)]
        self.assertEqual([child.wait() for child in children], [0, 0, 0])
        self.assertEqual(self.book.get_usage("user_123")["api_calls"], 60)

    def test_ctrl_c_ends_a_program_between_two_calls(self):
        self.subscriber()
        program = ("import itertools, sys; from daybook import BillingSystem\n"
                   "book = BillingSystem(sys.argv[1], now=sys.argv[2])\n"
                   "for number in itertools.count(1):\n"
                   "    book.record_usage('user_123', 'api_calls', 1)\n"
                   "    print(number, flush=True)\n")
        child = subprocess.Popen([sys.executable, "-c", program, str(self.data), NOW], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        while child.stdout.readline().strip() != "5":
            pass
        child.send_signal(signal.SIGINT)
        said, why = child.communicate()
        self.assertEqual((child.returncode, why.splitlines()[-1]), (-signal.SIGINT, "KeyboardInterrupt"))
        told = int(([5] + said.split())[-1])
        self.assertIn(self.book.get_usage("user_123")["api_calls"], (told, told + 1))

    def test_a_missing_or_another_library_is_told_in_one_sentence(self):
        for library, says in (("/nonexistent/libdaybook.so", "cannot be loaded"), ("libc.so.6", "is not the libdaybook.so")):
            done = subprocess.run([sys.executable, "-c", "import daybook"], capture_output=True, text=True,
                                  env={**os.environ, "DAYBOOK_LIBRARY": library}, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr.splitlines()[-1], f"^ImportError: .*{says}")


class Memory(BookTest):
    def test_answers_are_given_back(self):
        self.subscriber()
        for number in range(30):
            self.book.add_invoice_item("user_123", f"Item {number} " + "x" * 200, 1)
        self.book.generate_invoice("user_123")

        def ask(times):
            for _ in range(times):
                self.book.get_invoice("inv_1")
                self.assertRaises(Exception, self.book.get_invoice, "inv_2")
            gc.collect()
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = ask(200)
        self.assertLess(ask(800) - before, 5000)  # kB; an answer has 20 kB, so that a leak were 16,000

    def test_a_book_that_nobody_holds_is_closed(self):
        BillingSystem(self.place / "other", now=NOW).create_subscription("u", "free")
        gc.collect()
        with BillingSystem(self.place / "other", actor="another") as other:
            self.assertEqual(other.get_subscription("u")["tier"], "free")


if __name__ == "__main__":
    unittest.main()
