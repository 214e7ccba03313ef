"""Availability and reliability: closed forms, and every case by trying all states."""

import itertools
import random

import networkx as nx
import pytest

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import availability

BRIDGE = [("s", "a", 0.9), ("s", "b", 0.9), ("a", "b", 0.9), ("a", "t", 0.9), ("b", "t", 0.9)]


def by_trying_all(links: list[availability.Link], points: set[str]) -> float:
    found = 0.0
    for states in itertools.product((True, False), repeat=len(links)):
        graph = nx.MultiGraph()
        graph.add_nodes_from(points)
        chance = 1.0
        for works, (a, b, share) in zip(states, links, strict=True):
            chance *= share if works else 1 - share
            if works:
                graph.add_edge(a, b)
        if points <= nx.node_connected_component(graph, min(points)):
            found += chance
    return found


def test_the_bridge_network_is_reliable_at_0_97848() -> None:
    assert round(availability.two_terminal(BRIDGE, "s", "t"), 5) == 0.97848


def test_an_eight_link_ring_is_whole_at_0_999972112() -> None:
    links = [(number, (number + 1) % 8, 0.999) for number in range(8)]
    assert round(availability.all_terminal(links, range(8)), 9) == 0.999972112
    assert round(availability.ring(8, 0.999), 9) == 0.999972112


@pytest.mark.parametrize("seed", range(25))
def test_the_front_agrees_with_the_sum_over_all_states(seed: int) -> None:
    dice = random.Random(seed)
    links: list[availability.Link] = [(dice.choice("abcdef"), dice.choice("abcdef"), dice.random()) for _ in range(9)]
    points = set(dice.sample("abcdef", dice.randint(2, 5)))
    assert availability.all_terminal(links, points) == pytest.approx(by_trying_all(links, points))


def test_a_grid_of_fifty_two_links_is_exact_and_the_sample_agrees() -> None:
    grid = nx.grid_2d_graph(4, 8)
    links = [(a, b, 0.95) for a, b in grid.edges]
    exact = availability.two_terminal(links, (0, 0), (3, 7))
    found = availability.sampled(links, [(0, 0), (3, 7)], seed=3, count=4000)
    assert found.low <= exact <= found.high


def test_a_tree_of_two_hundred_masts_is_the_product_of_its_links() -> None:
    dice = random.Random(1)
    links = [(dice.randrange(number), number, 0.999) for number in range(1, 200)]
    assert availability.all_terminal(links, range(200)) == pytest.approx(0.999**199)
    assert availability.two_terminal(links, 0, 1) == pytest.approx(0.999)


def test_a_network_too_meshed_to_be_exact_is_sent_to_the_sample() -> None:
    dense = nx.complete_graph(24)
    with pytest.raises(InvalidInput, match="too meshed to be exact"):
        availability.two_terminal([(a, b, 0.9) for a, b in dense.edges], 0, 23)


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        availability.two_terminal([("a", "b", 1.1)], "a", "b")


def test_series_and_parallel_and_the_orders_of_magnitude_of_a_town() -> None:
    """60,000 h between failures and 72 h to repair: 99.88 %; a 3 km arm: 0.18 h a year; two arms: about 0.01 s."""
    assert round(availability.availability(60_000, 72), 4) == 0.9988
    arm = availability.fibre(3000, cuts_per_100_km_year=0.5, repair_h=12)
    assert round(availability.hours_lost(arm), 2) == 0.18
    assert 0.005 < availability.hours_lost(availability.parallel([arm, arm])) * 3600 < 0.02
    assert availability.series([0.9, 0.9]) == pytest.approx(0.81)


def test_camera_hours_are_recorded_over_due_and_never_more() -> None:
    assert availability.camera_hours_share(998.0, 1000.0) == 0.998
    with pytest.raises(InvalidInput, match="1001 hours recorded of 1000"):
        availability.camera_hours_share(1001, 1000)
